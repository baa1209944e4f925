ruleset io.example.shop {
  rule order {
    select when shop ordered
    fired {
      raise shop event "sent"
        with item = x and price = y
    }
  }
}
