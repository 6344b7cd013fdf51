// expect-error: FieldList: no field has this name
#include <diecast/core/field.hpp>

using List = diecast::FieldList<diecast::Field<"weight", float, diecast::Shape<16>>>;
constexpr auto bias = List::index<"bias">();
