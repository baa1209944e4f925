ruleset io.example.shop {
  rule order {
    select when (shop ordered within 5 minutes) or a b
    noop()
  }
}
