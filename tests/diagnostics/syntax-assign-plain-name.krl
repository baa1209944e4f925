ruleset io.example.shop {
  rule order {
    select when shop ordered
    fired {
      count_all := 1
    }
  }
}
