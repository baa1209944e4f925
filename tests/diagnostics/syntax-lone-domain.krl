ruleset io.example.shop {
  rule order {
    select when shop
    
  }
}
