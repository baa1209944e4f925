ruleset io.example.shop {
  rule order {
    select when count 3 (shop ordered or shop paid)
    noop()
  }
}
