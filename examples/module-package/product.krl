ruleset com.example.product {
  meta {
    name "Product"
    shares number
  }
  global {
    number = function() { ent:number }
  }
  rule described {
    select when product described where gtin:isValid(event:attrs{"gtin"})
    always {
      ent:number := gtin:normalise(event:attrs{"gtin"})
    }
  }
}
