"""Random histories of the whole of Protem on one simulated time, and what must hold in each of them."""
