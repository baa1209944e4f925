ruleset io.example.shop {
  global {
    a = [1, (2 + 3]
  }
}
