ruleset io.example.shop {
  dispatch {
    domain "example.com"
  }
}
