ruleset io.example.shop {
  rule order {
    select when shop ordered
    send_directive('hello')
  }
}
