/* NoTypePermission.java: lets Debian 12's JMeter 2.13 load a plan. See README.md.
 *
 * XStream 1.4.20 refuses every class that is not on a list, and ends that list
 * with a permission of this name, which throws. JMeter 2.13 is older than the
 * list and never adds its own classes to it. A class of the same name that
 * stands earlier on the class path replaces the last entry: JMeter's classes
 * may be loaded, all others are refused as before.
 */
package com.thoughtworks.xstream.security;

public class NoTypePermission implements TypePermission {
	public static final TypePermission NONE = new NoTypePermission();

	@Override
	public boolean allows(Class type) {
		return type != null
		    && (type.getName().startsWith("org.apache.jmeter.")
		    || type.getName().startsWith("org.apache.jorphan."));
	}

	@Override
	public int hashCode() {
		return 1;
	}

	@Override
	public boolean equals(Object other) {
		return other instanceof NoTypePermission;
	}
}
