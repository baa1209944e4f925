ruleset io.example.shop {
  global {
    xs = 1..3
  }
}
