ruleset io.example.shop {
  rule order {
    select when shop ordered
    fired {
      ent:a := 1 if x on final
    }
  }
}
