/* point_scale: the point scale resource */
#include "api/resource.h"

const struct resource point_scale_resource = {
    .catalog = &point_scale_catalog,
    .collection = "/api/v1/pointScales",
    .tag = "pointScales",
};
