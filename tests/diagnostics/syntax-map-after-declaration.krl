ruleset io.example.shop {
  global {
    a = b
    {"k": 1}
  }
}
