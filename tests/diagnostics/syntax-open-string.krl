ruleset io.example.shop {
  global {
    a = "one
    b = "two"
    c = 3
  }
}
