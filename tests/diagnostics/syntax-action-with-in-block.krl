ruleset io.example.shop {
  rule order {
    select when shop ordered
    every {
      send_directive("a") with b = 1
    }
  }
}
