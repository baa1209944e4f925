ruleset io.example.shop {
  meta {
    name "Shop"
    colour "red"
  }
}
