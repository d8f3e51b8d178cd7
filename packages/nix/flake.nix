# A flake of Nix with the programs of a release; a release fills in its address, its version and its sums.
{
  description = "Exact cost of commands and services, and keeping them running";

  outputs = { self, nixpkgs }:
    let
      version = "@VERSION@";
      sums = {
        x86_64-linux = { target = "linux-x64-baseline"; sha256 = "@SHA256_linux-x64-baseline@"; };
        aarch64-linux = { target = "linux-arm64"; sha256 = "@SHA256_linux-arm64@"; };
        x86_64-darwin = { target = "darwin-x64"; sha256 = "@SHA256_darwin-x64@"; };
        aarch64-darwin = { target = "darwin-arm64"; sha256 = "@SHA256_darwin-arm64@"; };
      };
      forAll = make: builtins.mapAttrs (system: _: make system) sums;
      proctor = system:
        let
          pkgs = nixpkgs.legacyPackages.${system};
          inherit (sums.${system}) target sha256;
        in
        pkgs.stdenv.mkDerivation {
          pname = "proctor";
          inherit version;
          src = pkgs.fetchurl { url = "@RELEASE_URL@/proctor-${target}"; inherit sha256; };
          dontUnpack = true;
          # The program carries its own data behind the code: nothing of it may be cut off.
          dontStrip = true;
          dontPatchELF = true;
          nativeBuildInputs = [ pkgs.installShellFiles ] ++ pkgs.lib.optional pkgs.stdenv.hostPlatform.isLinux pkgs.patchelf;
          installPhase = ''
            runHook preInstall
            install -D -m 755 $src $out/bin/proctor
          '' + pkgs.lib.optionalString pkgs.stdenv.hostPlatform.isLinux ''
            patchelf --set-interpreter "$(cat $NIX_CC/nix-support/dynamic-linker)" $out/bin/proctor
          '' + ''
            runHook postInstall
          '';
          postInstall = ''
            for shell in bash zsh fish; do $out/bin/proctor completion $shell >proctor.$shell; done
            installShellCompletion proctor.bash proctor.fish --zsh proctor.zsh
          '';
          doInstallCheck = true;
          installCheckPhase = "$out/bin/proctor --version";
          meta = {
            description = "Exact cost of commands and services, and keeping them running";
            homepage = "@HOME_URL@";
            license = pkgs.lib.licenses.asl20;
            mainProgram = "proctor";
            platforms = builtins.attrNames sums;
            sourceProvenance = [ pkgs.lib.sourceTypes.binaryNativeCode ];
          };
        };
    in
    {
      packages = forAll (system: { proctor = proctor system; default = proctor system; });
      apps = forAll (system: {
        default = { type = "app"; program = "${proctor system}/bin/proctor"; };
      });
    };
}
