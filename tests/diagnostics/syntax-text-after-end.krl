ruleset io.example.shop { }
rule a { }
