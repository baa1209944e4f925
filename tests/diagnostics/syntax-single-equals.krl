ruleset io.example.shop {
  rule order {
    select when shop ordered
    if a = b then noop()
  }
}
