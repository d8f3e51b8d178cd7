# What the flake says for each system, with a stand-in for the collection of packages: nothing is fetched or built.
{ flake }:
let
  pkgsOf = system:
    let isLinux = builtins.match ".*-linux" system != null; in
    {
      stdenv = {
        hostPlatform = { inherit isLinux; };
        mkDerivation = all:
          builtins.derivation { name = "${all.pname}-${all.version}"; inherit system; builder = "/bin/sh"; }
          // { inherit all; };
      };
      fetchurl = words: words;
      installShellFiles = "installShellFiles";
      patchelf = "patchelf";
      lib = {
        optional = condition: value: if condition then [ value ] else [ ];
        optionalString = condition: text: if condition then text else "";
        licenses.asl20 = "asl20";
        sourceTypes.binaryNativeCode = "binary";
      };
    };
  systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
  nixpkgs.legacyPackages = builtins.listToAttrs (map (name: { inherit name; value = pkgsOf name; }) systems);
  outputs = flake.outputs { self = outputs; inherit nixpkgs; };
in
{
  packages = builtins.mapAttrs (_: found: builtins.removeAttrs found.default.all [ "nativeBuildInputs" ]) outputs.packages;
  apps = builtins.mapAttrs (_: found: found.default.program) outputs.apps;
}
