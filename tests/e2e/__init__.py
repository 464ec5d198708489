"""The whole path in real browsers: built extension, real server and model, real toolbar clicks."""
