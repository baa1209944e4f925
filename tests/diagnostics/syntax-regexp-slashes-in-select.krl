ruleset io.example.shop {
  rule order {
    select when shop ordered item re/(.*)/ setting(item)
    noop()
  }
}
