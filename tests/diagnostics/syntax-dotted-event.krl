ruleset io.example.shop {
  rule order {
    select when io.example.shop ordered
    noop()
  }
}
