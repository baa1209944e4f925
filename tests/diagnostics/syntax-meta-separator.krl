ruleset io.example.shop {
  meta {
    name "Shop";
    author "A"
  }
}
