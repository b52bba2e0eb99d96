"""Where something happens: roots, kinks, branch cuts, boxes, witnesses."""
