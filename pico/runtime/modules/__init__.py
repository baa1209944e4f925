"""The built-in modules. Each registers through the public door (`pico.krl.modules`)."""
