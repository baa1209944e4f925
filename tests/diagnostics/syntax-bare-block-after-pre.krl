ruleset io.example.shop {
  rule order {
    select when shop ordered
    pre { a = 1 }
    { b(); }
  }
}
