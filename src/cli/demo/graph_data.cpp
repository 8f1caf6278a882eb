// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/graph_data.h"

#include <algorithm>
#include <span>
#include <vector>

#include "cli/demo/csv.h"

namespace trellis::cli::demo {
namespace {

using value::Value;

struct Table {
  const char* file;
  const char* label;  // null: lines are relationships only
  const char* key;
  CsvOptions options;
  std::vector<std::string> relationships;  // statements over $rows, after all nodes are there
};

std::vector<Table> northwind() {
  return {
      {"categories.csv", "Category", "categoryID", {{}, {"picture"}}, {}},
      {"suppliers.csv", "Supplier", "supplierID", {{"postalCode"}, {}}, {}},
      {"products.csv",
       "Product",
       "productID",
       {},
       {"UNWIND $rows AS row MATCH (p:Product {productID: row.productID}) "
        "MATCH (c:Category {categoryID: row.categoryID}) CREATE (p)-[:PART_OF]->(c)",
        "UNWIND $rows AS row MATCH (p:Product {productID: row.productID}) "
        "MATCH (s:Supplier {supplierID: row.supplierID}) CREATE (s)-[:SUPPLIES]->(p)"}},
      {"customers.csv", "Customer", "customerID", {{"customerID", "postalCode"}, {}}, {}},
      {"shippers.csv", "Shipper", "shipperID", {}, {}},
      {"regions.csv", "Region", "regionID", {}, {}},
      {"territories.csv",
       "Territory",
       "territoryID",
       {{"territoryID"}, {}},
       {"UNWIND $rows AS row MATCH (t:Territory {territoryID: row.territoryID}) "
        "MATCH (r:Region {regionID: row.regionID}) CREATE (t)-[:IN_REGION]->(r)"}},
      {"employees.csv",
       "Employee",
       "employeeID",
       {{"postalCode", "extension"}, {"photo"}},
       {"UNWIND $rows AS row MATCH (e:Employee {employeeID: row.employeeID}) "
        "MATCH (m:Employee {employeeID: row.reportsTo}) CREATE (e)-[:REPORTS_TO]->(m)"}},
      {"employee-territories.csv",
       nullptr,
       nullptr,
       {{"territoryID"}, {}},
       {"UNWIND $rows AS row MATCH (e:Employee {employeeID: row.employeeID}) "
        "MATCH (t:Territory {territoryID: row.territoryID}) CREATE (e)-[:IN_TERRITORY]->(t)"}},
      {"orders.csv",
       "Order",
       "orderID",
       {{"customerID", "shipPostalCode"}, {}},
       {"UNWIND $rows AS row MATCH (o:Order {orderID: row.orderID}) "
        "MATCH (c:Customer {customerID: row.customerID}) CREATE (c)-[:PURCHASED]->(o)",
        "UNWIND $rows AS row MATCH (o:Order {orderID: row.orderID}) "
        "MATCH (e:Employee {employeeID: row.employeeID}) CREATE (e)-[:SOLD]->(o)",
        "UNWIND $rows AS row MATCH (o:Order {orderID: row.orderID}) "
        "MATCH (s:Shipper {shipperID: row.shipVia}) CREATE (o)-[:SHIPPED_BY]->(s)"}},
      {"order-details.csv",
       nullptr,
       nullptr,
       {},
       {"UNWIND $rows AS row MATCH (o:Order {orderID: row.orderID}) "
        "MATCH (p:Product {productID: row.productID}) "
        "CREATE (o)-[:ORDERS {unitPrice: row.unitPrice, quantity: row.quantity, "
        "discount: row.discount}]->(p)"}},
  };
}

Result<> for_batches(std::span<const Value> rows, const std::string& statement,
                     const Execute& execute) {
  constexpr size_t kBatch = 1000;
  while (!rows.empty()) {
    const auto batch = rows.first(std::min(kBatch, rows.size()));
    const std::vector<value::MapEntry> entries = {{"rows", Value::list(batch)}};
    TRELLIS_TRY(execute(statement, Value::map(entries)));
    rows = rows.subspan(batch.size());
  }
  return {};
}

}  // namespace

Result<> load_northwind(const std::filesystem::path& folder, const Execute& execute) {
  Arena arena;
  const std::vector<Table> tables = northwind();
  std::vector<std::vector<Value>> contents;
  for (const Table& table : tables) {
    TRELLIS_TRY_ASSIGN(auto rows, read_csv(folder / table.file, table.options, arena));
    if (table.label != nullptr) {
      TRELLIS_TRY(execute(fmt::format("CREATE INDEX FOR (n:{}) ON (n.{})", table.label, table.key),
                          Value()));
      TRELLIS_TRY(for_batches(
          rows, fmt::format("UNWIND $rows AS row CREATE (n:{}) SET n = row", table.label),
          execute));
    }
    contents.push_back(std::move(rows));
  }
  for (size_t i = 0; i < tables.size(); ++i) {
    for (const std::string& statement : tables[i].relationships) {
      TRELLIS_TRY(for_batches(contents[i], statement, execute));
    }
  }
  return {};
}

Result<> make_graph(const Execute& execute) {
  for (const char* statement : {
           "CREATE INDEX FOR (n:Category) ON (n.categoryID)",
           "CREATE INDEX FOR (n:Product) ON (n.productID)",
           "CREATE INDEX FOR (n:Customer) ON (n.customerID)",
           "CREATE INDEX FOR (n:Order) ON (n.orderID)",
           "UNWIND range(1, 8) AS i "
           "CREATE (:Category {categoryID: i, categoryName: 'Category ' + toString(i)})",
           "UNWIND range(1, 400) AS i MATCH (c:Category {categoryID: (i * i + i) % 8 + 1}) "
           "CREATE (:Product {productID: i, productName: 'Product ' + toString(i), "
           "unitPrice: i % 50 + 0.99})-[:PART_OF]->(c)",
           "UNWIND range(1, 100) AS i "
           "CREATE (:Customer {customerID: i, companyName: 'Company ' + toString(i)})",
           "UNWIND range(1, 600) AS i MATCH (c:Customer {customerID: (i * 7) % 100 + 1}) "
           "CREATE (c)-[:PURCHASED]->(:Order {orderID: i})",
           "UNWIND range(1, 600) AS i UNWIND [3, 5, 11] AS step "
           "MATCH (o:Order {orderID: i}) MATCH (p:Product {productID: (i * step) % 400 + 1}) "
           "CREATE (o)-[:ORDERS {quantity: i % 9 + 1}]->(p)",
       }) {
    TRELLIS_TRY(execute(statement, Value()));
  }
  return {};
}

}  // namespace trellis::cli::demo
