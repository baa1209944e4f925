ruleset io.example.shop {
  rule order {
    select when shop ordered
    fired {
      log "ordered " + x
    }
  }
}
