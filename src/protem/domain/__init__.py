"""The rules of time-boxed access: pure, and without anything but Python."""
