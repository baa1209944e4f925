ruleset io.example.shop {
  rule order {
    select when shop ordered
    fired {
      set ent:count{"a"} 1
    }
  }
}
