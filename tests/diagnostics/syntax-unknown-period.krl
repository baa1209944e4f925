ruleset io.example.shop {
  rule order {
    select when shop ordered within 5 ticks
    noop()
  }
}
