ruleset io.example.shop {
  rule order {
    select when shop ordered
    a()
    pre { b = 1 }
  }
}
