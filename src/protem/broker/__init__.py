"""Commands: one public function for each thing a caller can do; the edge opens the transaction."""
