"""A page on which gradients vanish as sliders move."""
