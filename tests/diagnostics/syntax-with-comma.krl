ruleset io.example.shop {
  meta {
    use module io.example.store with a = 1, b = 2
  }
}
