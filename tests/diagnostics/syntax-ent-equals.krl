ruleset io.example.shop {
  rule order {
    select when shop ordered
    fired {
      ent:count = ent:count + 1
    }
  }
}
