ruleset io.example.2nd { }
