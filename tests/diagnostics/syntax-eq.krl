ruleset io.example.shop {
  rule order {
    select when shop ordered
    if event:attr("status") eq "ON" then noop()
  }
}
