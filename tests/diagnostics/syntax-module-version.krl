ruleset io.example.shop {
  meta {
    use module io.example.store version "2" alias store
  }
}
