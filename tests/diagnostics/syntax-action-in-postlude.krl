ruleset io.example.shop {
  rule order {
    select when shop ordered
    fired {
      send_directive("a")
    }
  }
}
