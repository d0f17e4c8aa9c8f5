import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the classes of one release say of themselves: the highest version of each request, the level of every
 * metadata.version, and of every other feature the levels that there are. By reflection, so that it fits them all.
 */
public class Release {
  public static void main(String[] arguments) throws Exception {
    System.out.println("{\"apis\":" + apis() + ",\"metadataVersions\":" + metadataVersions() + ",\"features\":" + features() + "}");
  }

  /** Those that are stable: a broker of the release names no higher one, unless it is told to. */
  static String apis() throws Exception {
    Class<?> keys = Class.forName("org.apache.kafka.common.protocol.ApiKeys");
    Map<String, String> highest = new TreeMap<>();
    for (Object key : keys.getEnumConstants()) {
      Object version = has(keys, "latestVersion", boolean.class)
          ? keys.getMethod("latestVersion", boolean.class).invoke(key, false)
          : keys.getMethod("latestVersion").invoke(key);
      highest.put((String) keys.getField("name").get(key), version.toString());
    }
    return object(highest);
  }

  /** Those of production: name, level, and the version of Fetch that brokers of it use among themselves. */
  static String metadataVersions() throws Exception {
    Class<?> type = classOrNull("org.apache.kafka.server.common.MetadataVersion");
    if (type == null) return "[]";
    Object latest = latestProduction(type);
    List<String> rows = new ArrayList<>();
    for (Object one : type.getEnumConstants()) {
      int level = number(type, one, "featureLevel");
      if (level < 0 || level > number(type, latest, "featureLevel")) continue;
      rows.add("{\"name\":\"" + one + "\",\"level\":" + level + ",\"fetch\":" + fetchVersion(type, one) + "}");
    }
    return "[" + String.join(",", rows) + "]";
  }

  static Object latestProduction(Class<?> type) throws Exception {
    if (has(type, "latestProduction")) return type.getMethod("latestProduction").invoke(null);
    for (var field : type.getFields()) if (field.getName().equals("LATEST_PRODUCTION")) return field.get(null);
    return type.getMethod("latest").invoke(null);
  }

  /** Before 3.5 this was not the class's to say: -1. */
  static int fetchVersion(Class<?> type, Object version) throws Exception {
    return has(type, "fetchRequestVersion") ? number(type, version, "fetchRequestVersion") : -1;
  }

  /** What a new cluster of the release begins with, and what each level needs. */
  static String features() throws Exception {
    Class<?> type = classOrNull("org.apache.kafka.server.common.Feature");
    if (type == null) return "{}";
    Class<?> versionType = Class.forName("org.apache.kafka.server.common.MetadataVersion");
    Object latest = latestProduction(versionType);
    Map<String, String> all = new TreeMap<>();
    for (Object feature : (List<?>) type.getField("PRODUCTION_FEATURES").get(null)) {
      Method levels = type.getMethod("featureVersions");
      List<String> needs = new ArrayList<>();
      for (Object level : (Object[]) levels.invoke(feature)) {
        Map<?, ?> dependencies = (Map<?, ?>) level.getClass().getMethod("dependencies").invoke(level);
        Object needed = dependencies.get("metadata.version");
        needs.add(needed == null ? "0" : needed.toString());
      }
      Object begins = type.getMethod("defaultLevel", versionType).invoke(feature, latest);
      String name = (String) type.getMethod("featureName").invoke(feature);
      all.put(name, "{\"begins\":" + begins + ",\"needs\":[" + String.join(",", needs) + "]}");
    }
    return object(all);
  }

  static String object(Map<String, String> entries) {
    List<String> fields = new ArrayList<>();
    entries.forEach((name, value) -> fields.add("\"" + name + "\":" + value));
    return "{" + String.join(",", fields) + "}";
  }

  static int number(Class<?> type, Object one, String method) throws Exception {
    return ((Number) type.getMethod(method).invoke(one)).intValue();
  }

  static boolean has(Class<?> type, String method, Class<?>... parameters) {
    try {
      type.getMethod(method, parameters);
      return true;
    } catch (NoSuchMethodException none) {
      return false;
    }
  }

  static Class<?> classOrNull(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException none) {
      return null;
    }
  }
}
