"""symgrad derives gradients in closed form, proves every line it prints, and renders the whole as documents."""
