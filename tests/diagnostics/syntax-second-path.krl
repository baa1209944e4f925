ruleset io.example.shop {
  rule order {
    select when shop ordered
    fired {
      ent:m{"a"}{"b"} := 1
    }
  }
}
