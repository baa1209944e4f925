ruleset io.example.shop {
  rule order {
    select when shop ordered where status neq "ON"
    noop()
  }
}
