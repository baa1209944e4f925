ruleset io.example.shop {
  meta {
    name "Shop"
    sharing on
  }
}
