"""What goes over the wire: inputs take nothing they do not know, outputs leave nothing out."""
