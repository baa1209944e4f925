ruleset io.example.shop {
  rule a { }
  global { b = 1 }
}
