ruleset io.example.shop {
  rule order {
    select when shop ordered
    fired {
      schedule shop event "tick" attributes {}
    }
  }
}
