ruleset io.example.shop {
  global {
    total = count + 1
  }
}
