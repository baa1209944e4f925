ruleset io.example . shop { }
