ruleset io.example.shop {
  rule order {
    select when shop ordered
    fired {
      if x then ent:a := 1
    }
  }
}
